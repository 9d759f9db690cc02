from __future__ import annotations


class Accounts:
    def __init__(self, *a: object) -> None:
        pass

    async def open(self) -> None:
        pass

    async def close(self) -> None:
        pass


async def reconcile(
    accounts: object, results: object, pops: object, console: object, settle_seconds: float
) -> bool:
    print(pops)
    return True
