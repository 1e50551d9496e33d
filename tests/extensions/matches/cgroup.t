:OUTPUT
-m cgroup ! --cgroup 0x20 ; -m cgroup ! --cgroup 32 ; OK
-m cgroup --path / ; -m cgroup --path "/" ; OK ; noload
-m cgroup --path web/front --cgroup 3 ; ; FAIL
-m cgroup ; ; FAIL
:FORWARD
-m cgroup --cgroup 3 ; ; FAIL
