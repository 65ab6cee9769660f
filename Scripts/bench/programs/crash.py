"""Python frames over C frames, in a thread: a callback from qsort() reads where nothing is."""
import ctypes
import threading

libc = ctypes.CDLL("libc.so.6")
compare = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)


def look(left, right):
    return ctypes.string_at(8, 8)


def sort(count):
    numbers = (ctypes.c_int * count)(*range(count, 0, -1))
    libc.qsort(numbers, count, 4, compare(look))


def nested(depth):
    return sort(4) if depth == 0 else nested(depth - 1)


thread = threading.Thread(target=nested, args=(12,))
thread.start()
thread.join()
