# Look at a short text from all sides, with the standard library alone
import string
from collections import Counter
from itertools import pairwise

POEM = """
The fog comes in on quiet feet and waits above the harbour town,
it does not knock, it does not speak, it lays its heavy blanket down.
The ships that left at break of day now call to ships they cannot see,
and somewhere past the shrouded bay a bell is ringing patiently.
The keeper climbs the spiral stair, the lamp is lit, the glass is clear,
a sword of light cuts through the air to tell the ships the rocks are near.
And when the morning wind returns the fog has gone without a sound,
the lamp is out, no candle burns, and every ship has come aground
on gentle sand, on friendly land, where ropes are thrown and songs are sung,
and someone takes you by the hand and speaks to you in your own tongue.
"""

lines = [line for line in POEM.splitlines() if line]
print("lines:", len(lines))


def words_of(text: str) -> list[str]:
    """Words in lower case, without punctuation."""
    table = str.maketrans("", "", string.punctuation)
    return text.lower().translate(table).split()


words = words_of(POEM)
print("words:", len(words), "different:", len(set(words)))
print("mean length:", round(sum(map(len, words)) / len(words), 2))

# Frequencies, without the small change of the language
STOP_WORDS = {"the", "and", "a", "is", "it", "to", "in", "on", "that", "you", "of", "by", "has"}
counts = Counter(word for word in words if word not in STOP_WORDS)
for word, count in counts.most_common(8):
    print(f"{word:<12}{'#' * count} {count}")

# Letters
letters = Counter(character for character in POEM.lower() if character.isalpha())
total = sum(letters.values())
for letter, count in letters.most_common(6):
    print(f"{letter}: {100 * count / total:.1f} %")
vowels = sum(letters[v] for v in "aeiou")
print(f"vowels: {100 * vowels / total:.1f} %")

# Pairs of words that follow each other
pairs = Counter(pairwise(words))
print("pairs:", [" ".join(pair) for pair, count in pairs.most_common(5) if count > 1])


def rhyme(line: str) -> str:
    """The last three letters of a line: crude, and often enough."""
    return words_of(line)[-1][-3:]


endings = [rhyme(line) for line in lines]
for first, second in pairwise(range(len(lines))):
    if endings[first] == endings[second]:
        print(f"lines {first + 1} and {second + 1} rhyme on -{endings[first]}")


def syllables(word: str) -> int:
    """Groups of vowels, without a silent e."""
    groups, previous = 0, False
    for character in word:
        is_vowel = character in "aeiouy"
        if is_vowel and not previous:
            groups += 1
        previous = is_vowel
    if word.endswith("e") and not word.endswith("le") and groups > 1:
        groups -= 1
    return max(groups, 1)


per_line = [sum(syllables(word) for word in words_of(line)) for line in lines]
print("syllables:", per_line)
print("metre:", "regular" if max(per_line) - min(per_line) <= 3 else "free")

# How easy is it to read?
sentences = POEM.count(".") or 1
ease = 206.835 - 1.015 * len(words) / sentences - 84.6 * sum(per_line) / len(words)
print(f"reading ease: {ease:.0f}")

longest = sorted(set(words), key=lambda word: (-len(word), word))[:5]
print("longest words:", ", ".join(longest))
palindromes = sorted({word for word in words if len(word) > 2 and word == word[::-1]})
print("palindromes:", palindromes or "none")
print("first letters:", "".join(line[0] for line in lines))
