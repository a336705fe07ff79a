# Drydock: says which of the files named as arguments do not parse. Nothing of them is executed.
import sys


def problem_of(name, source):
    try:
        compile(source, name, "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        # Before Python 3.12 a null byte is a ValueError.
        problem = getattr(error, "lineno", None), getattr(error, "offset", None), getattr(error, "msg", error)
        if not problem[0] and b"\0" in source:
            # Of which none says where it is.
            return source[: source.index(b"\0")].count(b"\n") + 1, None, problem[2]
        return problem


def as_json(file, line, column, message):
    # Imported where there is something to tell: it takes as long as compiling a file.
    from json import dumps

    number = lambda value: value if isinstance(value, int) and value > 0 else None
    problem = {"file": file, "line": number(line), "column": number(column)}
    # A surrogate of its own is no text.
    problem["message"] = str(message)[:500].encode("utf-8", "replace").decode()
    return dumps(problem)


errors = []
skipped = []
for index, name in enumerate(sys.argv[1:]):
    try:
        with open(name, "rb") as file:
            source = file.read()
    except OSError:
        continue
    try:
        problem = problem_of(name, source)
    except (RecursionError, MemoryError, OverflowError):
        skipped.append(str(index))
        continue
    if problem:
        errors.append(as_json(index, *problem))
print('{"errors":[%s],"skipped":[%s]}' % (",".join(errors[:20]), ",".join(skipped)))
