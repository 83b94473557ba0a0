"""`ndxp demo`: a sample of the reported year, and stories of what happens in the nation, told in the terminal."""

from ndxp.cli import demo
from ndxp.cli.stories import exam, land, life_event, stays

app = demo.app
for story in (life_event.app, land.app, exam.app, stays.app):
    demo.group.registered_commands += story.registered_commands
