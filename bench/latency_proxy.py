"""A long line: what goes in comes out 25 ms later, in each direction, as fast as it came.

`python -m bench.latency_proxy PORT` prints its port, and passes on to PORT until it is ended.
"""

import asyncio
import socket
import sys

DELAY = 0.025  # seconds each way
BLOCK = 256 * 1024


async def one_way(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    loop = asyncio.get_running_loop()
    in_transit: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

    async def take_in() -> None:
        while block := await reader.read(BLOCK):
            in_transit.put_nowait((loop.time() + DELAY, block))
        in_transit.put_nowait((loop.time() + DELAY, b""))

    taking = asyncio.create_task(take_in())
    try:
        while True:
            arrives, block = await in_transit.get()
            await asyncio.sleep(max(0.0, arrives - loop.time()))
            if not block:
                break
            writer.write(block)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        taking.cancel()
        writer.close()


async def main(port: int) -> None:
    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(2 * DELAY)  # what a TCP handshake costs
        there, back = await asyncio.open_connection("127.0.0.1", port, limit=2**22)
        for end in (writer, back):
            end.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        await asyncio.gather(one_way(reader, back), one_way(there, writer), return_exceptions=True)

    server = await asyncio.start_server(connected, "127.0.0.1", 0, limit=2**22)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
