# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a lab host needs to know of a service, read from its systemd unit.

The units are those that the packages install, so that a host starts its
services the way a real one does; /usr/share/lockstep-lab/units replaces the ones
that need systemd itself (socket activation) and adds drop-ins. Of the limits that a
unit sets, those apply that `confine` knows, and only to services that run as root.
"""

import glob
import os
import pwd
import shlex

UNIT_DIRS = ("/usr/share/lockstep-lab/units", "/etc/systemd/system",
             "/usr/lib/systemd/system")
DIRECTORIES = {
    "RuntimeDirectory": "/run",
    "StateDirectory": "/var/lib",
    "CacheDirectory": "/var/cache",
    "LogsDirectory": "/var/log",
    "ConfigurationDirectory": "/etc",
}
# systemd.service(5), SuccessExitStatus=: signals that count as a clean exit.
CLEAN_SIGNALS = {1, 2, 13, 15}


def unit_path(name):
    """The unit file of service `name`, or None if it is not installed."""
    for directory in UNIT_DIRS:
        path = f"{directory}/{name}.service"
        if os.path.exists(path):
            return path
    return None


def seconds(text):
    """A systemd time span in the forms that units use: 5, 5s, 100ms, 2min."""
    for suffix, factor in (("ms", 0.001), ("min", 60), ("s", 1)):
        if text.endswith(suffix):
            return float(text[:-len(suffix)]) * factor
    return float(text)


class Unit:
    """One parsed unit with its drop-ins."""

    def __init__(self, name):
        self.name = name
        path = unit_path(name)
        if path is None:
            raise FileNotFoundError(f"no unit file for service '{name}': is its package installed?")
        self._values = {}
        drop_ins = [f for d in UNIT_DIRS for f in sorted(glob.glob(f"{d}/{name}.service.d/*.conf"))]
        for file in [path, *drop_ins]:
            self._read(file)

    def _read(self, path):
        with open(path, encoding="utf-8") as file:
            text = file.read().replace("\\\n", " ")
        for line in text.splitlines():
            line = line.strip()
            if not line or line[0] in "#;[" or "=" not in line:
                continue
            key, value = (part.strip() for part in line.split("=", 1))
            values = self._values.setdefault(key, [])
            if value:
                values.append(value)
            else:
                values.clear()

    def get(self, key, default=None):
        """The last value of `key`."""
        values = self._values.get(key)
        return values[-1] if values else default

    @property
    def notifies(self):
        """Whether the service says READY=1 itself."""
        return self.get("Type", "simple").startswith("notify")

    @property
    def restart_delay(self):
        return seconds(self.get("RestartSec", "100ms"))

    @property
    def stop_timeout(self):
        return seconds(self.get("TimeoutStopSec", "90"))

    @property
    def log_path(self):
        output = self.get("StandardOutput", "")
        if output.startswith(("append:", "file:")):
            return output.split(":", 1)[1]
        return f"/var/log/lab/{self.name}.log"

    def restarts_after(self, status):
        """Whether a main process that ended with wait status `status` is started again."""
        policy = self.get("Restart", "no")
        if os.WIFSIGNALED(status):
            failed = os.WTERMSIG(status) not in CLEAN_SIGNALS
        else:
            code = os.WEXITSTATUS(status)
            if str(code) in self.get("RestartPreventExitStatus", "").split():
                return False
            failed = code != 0 and str(code) not in self.get("SuccessExitStatus", "").split()
        return policy == "always" or (failed and policy in ("on-failure", "on-abnormal"))

    def environment(self):
        """Environment of the service: Environment=, EnvironmentFile= and directories."""
        env = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin", "LANG": "C.UTF-8"}
        assignments = [word for line in self._values.get("Environment", ())
                       for word in shlex.split(line)]
        for path in self._values.get("EnvironmentFile", ()):
            try:
                with open(path.lstrip("-"), encoding="utf-8") as file:
                    assignments += [word for line in file for word in shlex.split(line, True)]
            except FileNotFoundError:
                if not path.startswith("-"):
                    raise
        env.update(word.split("=", 1) for word in assignments if "=" in word)
        for key, base in DIRECTORIES.items():
            if self.get(key):
                variable = key.replace("Directory", "_DIRECTORY").upper()
                env[variable] = ":".join(f"{base}/{d}" for d in self.get(key).split())
        return env

    def command(self, env):
        """ExecStart= as a list; $WORD becomes none or several words, as systemd has it."""
        words = []
        for word in shlex.split(self.get("ExecStart").lstrip("-@:+!")):
            if word.startswith("$") and not word.startswith("${"):
                words += shlex.split(env.get(word[1:], ""))
            elif word.startswith("${") and word.endswith("}"):
                words.append(env.get(word[2:-1], ""))
            else:
                words.append(word)
        return self._confined(words)

    def _confined(self, command):
        """The command with the unit's limits; a set that is given by what it lacks (~) is none."""
        capabilities = " ".join(self._values.get("CapabilityBoundingSet", ()))
        limits = [self.get("ProtectSystem", "no"), self.get("PrivateTmp", "no"),
                  self.get("NoNewPrivileges", "no"), "" if "~" in capabilities else capabilities]
        if self.get("User", "root") != "root" or limits == ["no", "no", "no", ""]:
            return command
        return ["/usr/bin/unshare", "--mount", "/usr/share/lockstep-lab/bin/confine", *limits, *command]

    def make_directories(self):
        """RuntimeDirectory= and its kin, owned by the service's user."""
        user = pwd.getpwnam(self.get("User", "root"))
        for key, base in DIRECTORIES.items():
            for name in self.get(key, "").split():
                path = f"{base}/{name.split(':')[0]}"
                os.makedirs(path, exist_ok=True)
                os.chmod(path, int(self.get(key + "Mode", "0755"), 8))
                if key != "ConfigurationDirectory":
                    os.chown(path, user.pw_uid, user.pw_gid)
