"""The catalogue of administrative procedures: 6,423, of which 4,422 are online, as reported (S4).

The 25 essential services have the names that Project 06 gives them. All other names are put together from an act, a
paper and a field, and invented like the codes; only the codes of the two linked services are the real ones.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from functools import cache

from ndxp.world.permutation import Permutation

PROCEDURES, ONLINE = 6_423, 4_422
"""How many procedures there are, and how many of these are online, wholly or partly."""

LINKED_BIRTH, LINKED_DEATH = "2.002621", "2.002622"
"""The codes of the two linked services; the pilot of 2022-2023 had 1.011537 for both."""

LAND_CHANGE = "1.010833"
"""The code of a change of land rights, by which land is transferred; chosen by this project."""


class OnlineLevel(IntEnum):
    """How far a procedure is online; numbers as in the portal's contract."""

    FULL = 1
    PARTIAL = 2
    NONE = 3


@dataclass(frozen=True, slots=True)
class Procedure:
    """A procedure; ``body`` is the member in charge of it."""

    code: str
    name: str
    body: str
    level: OnlineLevel
    essential: bool = False


_ESSENTIAL = (
    ("G01", "Xác nhận số Chứng minh nhân dân khi đã được cấp thẻ Căn cước công dân"),
    ("G01", "Cấp lại, đổi thẻ Căn cước công dân"),
    ("G01", "Đăng ký thường trú"),
    ("G01", "Đăng ký tạm trú"),
    ("G01", "Khai báo tạm vắng"),
    ("G01", "Thông báo lưu trú"),
    ("G01", "Đăng ký, cấp biển số mô tô, xe gắn máy"),
    ("G01", "Thu tiền nộp phạt vi phạm giao thông đường bộ qua thiết bị ghi hình (phạt nguội)"),
    ("G01", "Cấp, cấp lại, sửa đổi, bổ sung hộ chiếu phổ thông"),
    ("G01", "Làm con dấu mới và cấp giấy chứng nhận đã đăng ký mẫu con dấu"),
    ("G01", "Làm con dấu thu nhỏ, dấu nổi, dấu xi và cấp giấy chứng nhận đã đăng ký mẫu con dấu"),
    ("G15", "Đăng ký khai sinh"),
    ("G15", "Đăng ký khai tử"),
    ("G15", "Đăng ký kết hôn"),
    ("G15", "Cấp phiếu lý lịch tư pháp"),
    ("G24", "Tích hợp tính giảm trừ mức đóng trong gia hạn thẻ bảo hiểm y tế theo hộ gia đình"),
    ("G12", "Đăng ký thuế lần đầu, đăng ký thay đổi thông tin đăng ký thuế của hộ gia đình, cá nhân"),
    ("G03", "Đăng ký dự thi tốt nghiệp trung học phổ thông quốc gia và xét tuyển đại học, cao đẳng"),
    ("G04", "Cấp đổi, cấp lại giấy phép lái xe"),
    ("G07", "Giải quyết hưởng trợ cấp thất nghiệp"),
    ("G02", "Cấp điện mới từ lưới điện hạ áp (220/380V)"),
    ("G02", "Thay đổi chủ thể hợp đồng mua bán điện"),
    ("G22", "Liên thông đăng ký khai sinh, đăng ký thường trú, cấp thẻ bảo hiểm y tế cho trẻ em dưới 6 tuổi"),
    ("G22", "Liên thông đăng ký khai tử, xóa đăng ký thường trú, trợ cấp mai táng phí, tử tuất"),
    ("G13", "Đăng ký biến động về quyền sử dụng đất, quyền sở hữu tài sản gắn liền với đất"),
)  # fmt: skip
_REAL_CODES = {22: LINKED_BIRTH, 23: LINKED_DEATH, 24: LAND_CHANGE}
"""By the place in the catalogue; codes that the others' rule never makes."""

_ACTS = (
    "Cấp mới", "Cấp lại", "Cấp đổi", "Gia hạn", "Điều chỉnh", "Bổ sung", "Thu hồi", "Xác nhận", "Công nhận", "Đăng ký",
    "Thẩm định", "Phê duyệt", "Công bố", "Chuyển nhượng", "Tạm dừng", "Khôi phục", "Chấm dứt",
)  # fmt: skip
_PAPERS = (
    "giấy phép hoạt động", "giấy chứng nhận đủ điều kiện", "chứng chỉ hành nghề", "giấy phép nhập khẩu",
    "giấy phép xuất khẩu", "hồ sơ dự án", "kế hoạch hằng năm", "phương án kỹ thuật", "hợp đồng dịch vụ",
    "giấy phép hành nghề", "hồ sơ năng lực", "tiêu chuẩn cơ sở", "quyết định hỗ trợ", "giấy phép tổ chức sự kiện",
    "hồ sơ an toàn", "giấy xác nhận nguồn gốc", "đề án đào tạo", "danh sách chuyên gia",
)  # fmt: skip
_FIELDS = (
    ("G01", "an ninh trật tự"), ("G02", "công thương"), ("G03", "giáo dục"), ("G04", "giao thông vận tải"),
    ("G05", "đầu tư"), ("G06", "khoa học công nghệ"), ("G07", "lao động"), ("G08", "ngoại giao"), ("G09", "nội vụ"),
    ("G10", "nông nghiệp"), ("G11", "quốc phòng"), ("G12", "tài chính"), ("G13", "tài nguyên môi trường"),
    ("G14", "thông tin truyền thông"), ("G15", "tư pháp"), ("G16", "văn hóa thể thao"), ("G17", "xây dựng"),
    ("G18", "y tế"), ("G19", "ngân hàng"), ("G20", "thanh tra"), ("G21", "dân tộc"),
)  # fmt: skip
_CODE = re.compile(r"([12])\.(\d{6})", re.ASCII)
_FIRST_SERIAL = 3_000
_FULLY = 0.5
"""Share of the online procedures, beyond the essential ones, that are online wholly; chosen by this project."""


def procedure(code: str) -> Procedure | None:
    """The procedure with a code; None when there is none."""
    place = next((place for place, real in _REAL_CODES.items() if real == code), None)
    if place is None and (parts := _CODE.fullmatch(code)):
        serial = 2 * (int(parts[2]) - _FIRST_SERIAL) + int(parts[1]) - 1
        place = _codes().inverse(serial) if 0 <= serial < _codes().size else None
    if place is None or place >= PROCEDURES or _code(place) != code:
        return None
    return _at(place)


def procedures(
    *, after: int = 0, body: str = "", level: OnlineLevel | None = None, essential: bool = False
) -> Iterator[tuple[int, Procedure]]:
    """The procedures of a body, of a level, or the essential ones, each with its place, those after a place only."""
    for place in range(after, len(_ESSENTIAL) if essential else PROCEDURES):
        each = _at(place)
        if (not body or each.body == body) and level in (None, each.level):
            yield place + 1, each


def _at(place: int) -> Procedure:
    if place < len(_ESSENTIAL):
        body, name = _ESSENTIAL[place]
        return Procedure(_code(place), name, f"VN/GOV/{body}", OnlineLevel.FULL, essential=True)
    rest, act = divmod(place - len(_ESSENTIAL), len(_ACTS))
    field, paper = divmod(rest, len(_PAPERS))
    body, of_field = _FIELDS[field]
    return Procedure(
        _code(place), f"{_ACTS[act]} {_PAPERS[paper]} lĩnh vực {of_field}", f"VN/GOV/{body}", _level(place)
    )


def _code(place: int) -> str:
    if place in _REAL_CODES:
        return _REAL_CODES[place]
    serial, kind = divmod(_codes().forward(place), 2)
    return f"{kind + 1}.{_FIRST_SERIAL + serial:06d}"


def _level(place: int) -> OnlineLevel:
    """Keyed by the place: of those that are not essential, exactly as many are online as reported."""
    order = _levels().forward(place - len(_ESSENTIAL))
    online = ONLINE - len(_ESSENTIAL)
    if order < online:
        return OnlineLevel.FULL if order < _FULLY * online else OnlineLevel.PARTIAL
    return OnlineLevel.NONE


@cache
def _codes() -> Permutation:
    return Permutation(100, 100, b"codes of the procedures".ljust(32))


@cache
def _levels() -> Permutation:
    # 6,398 = 2 x 7 x 457, so it covers the procedures that are not essential exactly
    return Permutation(14, 457, b"levels of the procedures".ljust(32))
