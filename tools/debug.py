"""debug.py — for gdb (see debug.sh): when one process ends, go to another one.

gdb by itself would stay in the process that is no more.
"""
import gdb


def go_on():
    alive = [i for i in gdb.inferiors() if i.pid]
    if alive and not gdb.selected_inferior().pid:
        gdb.execute(f"inferior {alive[0].num}", to_string=True)
        print(f"Now in process {alive[0].pid}; 'c' goes on.")


def ended(_):
    gdb.post_event(go_on)


def leaving(_):
    gdb.events.exited.disconnect(ended)


# Without gdb_exiting (before gdb 12) the end of gdb could call us too late.
if hasattr(gdb.events, "gdb_exiting"):
    gdb.events.exited.connect(ended)
    gdb.events.gdb_exiting.connect(leaving)
