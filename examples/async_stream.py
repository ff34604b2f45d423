"""Many streams at once: each is a span of its own, with the time of its first chunk, however it ends.

opentelemetry-instrument python examples/async_stream.py && otel-prompt spans
"""

import asyncio
import os

from openai import AsyncOpenAI

client = AsyncOpenAI()


async def first_words(subject, count):
    """Stop listening after a few pieces: what was said until then is on the span."""
    words = []
    stream = await client.chat.completions.create(
        model=os.environ.get("OPENAI_MODEL", "gpt-4o-mini"),
        messages=[{"role": "user", "content": f"Write a line about {subject}."}],
        max_tokens=40,
        stream=True,
    )
    async with stream:
        async for chunk in stream:
            words.append(chunk.choices[0].delta.content or "")
            if len(words) == count:
                break
    return "".join(words)


async def main():
    for line in await asyncio.gather(*(first_words(subject, 8) for subject in ("rain", "snow", "fog"))):
        print(line)


asyncio.run(main())
