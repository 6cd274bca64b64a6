"""Unused links expire while people sign in: how long does anybody wait for that?

`compare` is the parent: it fills a database, asks the two children and looks for waits. `worker`
does what the task of that name does, `door` is where employees sign in.
"""
