# Puzzles on small grids, each in a few lines of numpy
import numpy as np

# Magic squares: every row, column and diagonal has one sum
lo_shu = np.array([[2, 7, 6], [9, 5, 1], [4, 3, 8]])


def is_magic(square):
    """Whether all rows, columns and both diagonals of a square have the same sum."""
    target = square[0].sum()
    rows = (square.sum(axis=1) == target).all()
    columns = (square.sum(axis=0) == target).all()
    diagonals = np.trace(square) == target and np.trace(square[:, ::-1]) == target
    return bool(rows and columns and diagonals)


print("lo shu is magic:", is_magic(lo_shu))
turned = [np.rot90(lo_shu, k) for k in range(4)]
mirrored = [square.T for square in turned]
print("so are its", len(turned + mirrored), "images:", all(map(is_magic, turned + mirrored)))


def siamese(n):
    """A magic square of odd order, by the method of de la Loubère."""
    square = np.zeros((n, n), dtype=int)
    row, column = 0, n // 2
    for number in range(1, n * n + 1):
        square[row, column] = number
        next_row, next_column = (row - 1) % n, (column + 1) % n
        if square[next_row, next_column]:
            next_row, next_column = (row + 1) % n, column
        row, column = next_row, next_column
    return square


five = siamese(5)
print(five)
print("magic:", is_magic(five), "sum:", five[0].sum())

# The game of life on a torus
glider = np.zeros((8, 8), dtype=int)
glider[0, 1] = glider[1, 2] = glider[2, 0] = glider[2, 1] = glider[2, 2] = 1


def step(world):
    """One generation of Conway's rules."""
    neighbours = sum(
        np.roll(np.roll(world, down, axis=0), right, axis=1)
        for down in (-1, 0, 1)
        for right in (-1, 0, 1)
        if (down, right) != (0, 0)
    )
    return ((neighbours == 3) | ((world == 1) & (neighbours == 2))).astype(int)


def drawn(world):
    return "\n".join("".join("■ " if cell else "· " for cell in row) for row in world)


print(drawn(glider))
world = glider
for _ in range(4):
    world = step(world)
print(drawn(world))
moved = np.roll(np.roll(glider, 1, axis=0), 1, axis=1)
print("a glider moves by one in four generations:", np.array_equal(world, moved))
for _ in range(28):
    world = step(world)
print("and is back after 32:", np.array_equal(world, glider))

# Latin squares of order four, counted by brute force over the first column
base = np.array([0, 1, 2, 3])
shifts = np.array([np.roll(base, k) for k in range(4)])
print(shifts)
symbols = [len(set(column)) == 4 for column in shifts.T]
print("latin:", all(symbols))

# Spiral order
grid = np.arange(1, 26).reshape(5, 5)
spiral = []
rest = grid
while rest.size:
    spiral.extend(rest[0].tolist())
    rest = np.rot90(rest[1:])
print("spiral:", spiral)

# Islands: groups of cells that touch
sea = np.array(
    [
        [1, 1, 0, 0, 0, 1],
        [0, 1, 0, 1, 0, 0],
        [0, 0, 0, 1, 1, 0],
        [1, 0, 0, 0, 0, 0],
        [1, 0, 1, 1, 0, 1],
    ]
)


def islands(sea):
    """Numbers the islands from 1, by flooding each once."""
    numbers = np.zeros_like(sea)
    count = 0
    for start in np.argwhere(sea).tolist():
        if numbers[tuple(start)]:
            continue
        count += 1
        pending = [start]
        while pending:
            row, column = pending.pop()
            inside = 0 <= row < sea.shape[0] and 0 <= column < sea.shape[1]
            if not inside or not sea[row, column] or numbers[row, column]:
                continue
            numbers[row, column] = count
            pending += [(row + 1, column), (row - 1, column), (row, column + 1), (row, column - 1)]
    return numbers, count


numbers, count = islands(sea)
print(numbers)
print("islands:", count, "largest:", int(np.bincount(numbers[numbers > 0]).max()))

# Fibonacci by matrix powers
step_matrix = np.array([[1, 1], [1, 0]], dtype=object)
power = np.linalg.matrix_power(step_matrix, 90)
print("fibonacci(90) =", power[0, 1])
