"""A Slurm of one node for tests: munged, slurmctld and slurmd with a configuration of their own in a folder."""

import contextlib
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch")
STARTED_WITHIN = 60.0  # seconds; usually three
NODE = f"phoenix-{os.getpid()}"  # of this run alone: control groups are called after it
CONFIGURATION = """
ClusterName=phoenix
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge
CredType=cred/munge
SlurmctldPort={first}
SlurmdPort={second}
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
ProctrackType=proctrack/cgroup
TaskPlugin=task/cgroup
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerParameters=defer,batch_sched_delay=0,sched_interval=1
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
ReturnToService=2
KillWait=1
NodeName={node} NodeHostname={host} NodeAddr=127.0.0.1 CPUs={cores} RealMemory=2000 State=UNKNOWN
PartitionName=main Nodes={node} Default=YES MaxTime=INFINITE State=UP
"""
CGROUPS = """
CgroupPlugin=autodetect
CgroupAutomount=no
ConstrainRAMSpace=yes
"""


def missing() -> str:
    """What is not here that a Slurm needs; empty if all is."""
    absent = [name for name in PROGRAMS if not shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin")]
    if absent:
        return f"{', '.join(absent)} not installed: as root, apt-get install --no-install-recommends slurm-wlm munge"
    return "" if os.geteuid() == 0 else "slurmd needs root"


def free_port() -> int:
    """One that nobody listens on."""
    with contextlib.closing(socket.socket()) as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextlib.contextmanager
def running(folder: Path) -> Iterator[Path]:
    """The file for SLURM_CONF, once the node is idle; RuntimeError with the logs if it does not get so far."""
    for name in ("state", "spool"):
        (folder / name).mkdir()
    key = folder / "key"
    key.write_bytes(os.urandom(128))
    key.chmod(0o400)
    host = socket.gethostname().partition(".")[0]
    names = {"host": host, "node": NODE, "folder": folder, "cores": os.cpu_count()}
    file = folder / "slurm.conf"
    file.write_text(CONFIGURATION.format(**names, first=free_port(), second=free_port()))
    (folder / "cgroup.conf").write_text(CGROUPS)
    files = [f"--{name}-file={folder / name}" for name in ("pid", "log", "seed")]
    munged = ["munged", "--foreground", "--force", f"--socket={folder}/munge", f"--key-file={key}", *files]
    with contextlib.ExitStack() as stack:
        stack.callback(remove_groups)
        for command in (munged, ["slurmctld", "-D", "-f", str(file)], ["slurmd", "-D", "-f", str(file)]):
            stack.enter_context(daemon(command, folder))
        wait_until_idle(file, folder)
        yield file


def remove_groups() -> None:
    """The control groups that slurmd leaves empty, with those below them."""
    for group in sorted(Path("/sys/fs/cgroup").glob(f"*/slurm_{NODE}/**"), reverse=True):
        group.rmdir()


@contextlib.contextmanager
def daemon(command: list[str], folder: Path) -> Iterator[None]:
    """Run until the block ends."""
    environment = os.environ | {"PATH": f"{os.environ['PATH']}:/usr/sbin"}
    with (folder / f"{command[0]}.out").open("wb") as log:
        process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "TERM", "--", *command], env=environment, stdout=log, stderr=log
        )
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_until_idle(file: Path, folder: Path) -> None:
    """Return once Slurm would start a job."""
    deadline = time.monotonic() + STARTED_WITHIN
    while time.monotonic() < deadline:
        environment = os.environ | {"SLURM_CONF": str(file)}
        command = ["sinfo", "--noheader", "--format=%T"]
        found = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if found.stdout.strip() == "idle":
            return
        time.sleep(0.2)
    raise RuntimeError("\n".join(path.read_text()[-1500:] for path in folder.glob("*.out")))
