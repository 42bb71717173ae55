"""The commands of ``python -m studio``, one file each.

``HELP`` says what it does, ``add`` declares its arguments, ``run`` does the work.
"""
