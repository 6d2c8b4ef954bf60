"""gunicorn's settings for the small application: the same three hooks as the service's own."""

from monitoring.metrics import multiprocess

multiprocess.prepare()
worker_class = "gthread"
threads = 2
control_socket_disable = True


def worker_exit(server, worker):
    from monitoring.metrics import metrics

    metrics.stop()


def child_exit(server, worker):
    multiprocess.mark_dead(worker.pid)
