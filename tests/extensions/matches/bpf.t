:INPUT
-m bpf --bytecode "2, 48 0 0 0 ,22 0 0 1" ; -m bpf --bytecode "2,48 0 0 0,22 0 0 1" ; OK ; noload
-m bpf --bytecode "1,6 0 0 65535," ; -m bpf --bytecode "1,6 0 0 65535" ; OK
-m bpf --bytecode "3,6 0 0 1" ; ; FAIL
-m bpf --bytecode "6 0 0 1" ; ; FAIL
-m bpf ; ; FAIL
