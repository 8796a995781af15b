"""Where learners' code runs: forked kernels in namespaces, or what the host allows of them.

``provisioner`` is what jupyter_client loads; it asks ``server`` for a kernel. ``forkserver`` is
the process that has imported torch and forks; ``keeper`` is the parent of one kernel, which
watches it and ends it whole; ``isolate`` builds the walls (``mounts``, ``landlock``, ``seccomp``,
``limits``), ``level`` says in words which of them stand.
"""
