"""Gunicorn's settings: two processes with a few threads each, for a machine of two cores."""

import gc
import os
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ["STEMMA_SERVES_PAGES"] = "1"

from django.conf import settings  # what is set above comes first

from config.supervisor import die_with_parent

wsgi_app = "config.wsgi"
bind = f"{settings.BIND}:{settings.PORT}"
workers = settings.WEB_PROCESSES
preload_app = True  # the processes share what Django takes
worker_class = "gthread"
threads = 4
limit_request_line = 8190  # a long question in Chinese takes nine bytes a letter
timeout = 60
graceful_timeout = 3
control_socket_disable = True
accesslog = "-"
access_log_format = '%(t)s %(s)s %(M)sms "%(r)s" %(b)s'


def when_ready(server: Any) -> None:
    """Let the collector leave alone what Django has loaded: going through it holds up a page for a fifth of a second."""
    gc.collect()
    gc.freeze()


def post_fork(server: Any, worker: Any) -> None:
    die_with_parent()


def post_worker_init(worker: Any) -> None:
    """Load the models beside the first requests, so that no reader waits for them."""
    from search import embeddings, reranking

    reranking.warm_up(after=embeddings.warm_up())
