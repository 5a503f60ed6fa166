"""Jobs: the queue, the worker, files on their way in."""
