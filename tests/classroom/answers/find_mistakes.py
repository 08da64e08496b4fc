"""Answers to `find_mistakes`: `right...`, and others whose docstrings are their hints."""

_FOUND = {
    "answer first": 18,
    "shared alphabet": 2,
    "ties": 20,
    "unseeded": 10,
    "training mode": 3,
}


def right():
    return dict(_FOUND)


def right_elsewhere():
    return {**_FOUND, "answer first": 21, "unseeded": 15, "shared alphabet": 8, "training mode": 5}


def blames_the_distance():
    """line 19 is not it: when two examples are equally similar"""
    return {**_FOUND, "ties": 19}


def blames_the_result():
    """follow the query"""
    return {**_FOUND, "answer first": 22}


def blames_no_grad():
    """think of BatchNorm"""
    return {**_FOUND, "training mode": 4}


def blames_the_loop():
    """run it twice"""
    return {**_FOUND, "unseeded": 7}


def misses_the_alphabet():
    """there is no line for 'shared alphabet': follow trained_on"""
    return {kind: line for kind, line in _FOUND.items() if kind != "shared alphabet"}


def all_lines():
    """one line for each mistake"""
    return {kind: list(range(1, 23)) for kind in _FOUND}


def list_of_lines():
    """a dict is expected"""
    return list(_FOUND.values())


def turned_round():
    """there is no line for"""
    return {str(line): kind for kind, line in _FOUND.items()}


def everything_in_line_one():
    """line 1 is not it"""
    return dict.fromkeys(_FOUND, 1)
