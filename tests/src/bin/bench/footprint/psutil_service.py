"""A service of the predecessor's kind: FastAPI answers GET /system with what psutil reads for the request."""

import os
import platform
import time
from datetime import datetime, timezone

import psutil
from fastapi import FastAPI

app = FastAPI()
psutil.cpu_percent()


def fields(reading):
    return reading._asdict() if reading else None


@app.get("/system")
def system():
    frequency = psutil.cpu_freq()
    name = next((name for name, state in psutil.net_if_stats().items() if state.isup and name != "lo"), "lo")
    return {
        "collected_at": datetime.now(timezone.utc).isoformat(),
        "cpu": {
            "percent": psutil.cpu_percent(),
            "per_core": [fields(core) for core in psutil.cpu_times(percpu=True)],
            "logical_cores": psutil.cpu_count(),
            "physical_cores": psutil.cpu_count(logical=False),
            "frequency_mhz": frequency.current if frequency else None,
            "processor": platform.processor(),
        },
        "load": os.getloadavg(),
        "memory": fields(psutil.virtual_memory()),
        "swap": fields(psutil.swap_memory()),
        "disk": fields(psutil.disk_usage("/")),
        "disk_io": fields(psutil.disk_io_counters()),
        "network": {
            "io_counters": fields(psutil.net_io_counters()),
            "primary_interface": {
                "name": name,
                "addresses": [address.address for address in psutil.net_if_addrs().get(name, [])],
                "mtu": psutil.net_if_stats()[name].mtu,
            },
        },
        "uptime": {"seconds": time.time() - psutil.boot_time()},
        "system": {"hostname": platform.node(), "os": platform.system(), "os_release": platform.release()},
    }
