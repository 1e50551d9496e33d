:INPUT
-m mark --mark 1 ; -m mark --mark 0x1 ; OK ; ; meta.mark=1 => match | meta.mark=3 => no match
-m mark --mark 0x1/0x3 ; = ; OK ; ; meta.mark=5 => match | meta.mark=3 => no match
-m mark --mark 0x3/0x1 ; = ; OK ; ; meta.mark=3 => no match | meta.mark=1 => no match
-m mark ! --mark 0x0 ; = ; OK ; ; meta.mark=0 => no match | meta.mark=9 => match
-m mark --mark 4294967296 ; ; FAIL
-m mark --mark -1 ; ; FAIL
-m mark ; ; FAIL
