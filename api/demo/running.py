"""Serve with the demo's accounts, show the main job once, go on serving until stopped."""

import asyncio

from rich.console import Console

from api.backends import open_backends
from api.client.credentials import FILE_NAME
from api.commands.stopping import until
from api.demo.accounts import ensure_accounts
from api.demo.main_job import show_main_job
from api.network.notice import notice
from api.persistence.audit.entries import Service
from api.server import serving
from api.settings import Settings


async def run_demo(settings: Settings, url: str, stopped: asyncio.Event) -> None:
    console = Console(highlight=False)
    async with open_backends(settings, url, Service.COMMAND) as backends:
        credentials, fresh = await ensure_accounts(backends.house, backends.directory)
    async with serving(settings, url):
        console.print(f"Hilum serves at [bold]{settings.url}[/] (Ctrl-C stops it).", soft_wrap=True)
        for line in notice(settings):
            console.print(line, soft_wrap=True)
        for account in fresh:
            console.print(f"  {account.role:<14} {account.email:<27} {account.password}", soft_wrap=True)
        console.print(f"The accounts' passwords are kept in {settings.data / FILE_NAME}.", soft_wrap=True)
        await until(show_main_job(settings.data, credentials, console), stopped)
        if not stopped.is_set():
            console.print(f"Open {settings.url}. Ctrl-C stops Hilum.", soft_wrap=True)
        await stopped.wait()
    console.print("Stopped.")
