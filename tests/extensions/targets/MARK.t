:PREROUTING
*mangle
-j MARK --set-mark 1 ; -j MARK --set-xmark 0x1/0xffffffff ; OK
-j MARK --set-mark 5/4 ; -j MARK --set-xmark 0x5/0x5 ; OK
-j MARK --set-xmark 5/4 ; -j MARK --set-xmark 0x5/0x4 ; OK
-j MARK --and-mark 5 ; -j MARK --set-xmark 0x0/0xfffffffa ; OK
-j MARK --or-mark 5 ; -j MARK --set-xmark 0x5/0x5 ; OK
-j MARK --xor-mark 5 ; -j MARK --set-xmark 0x5/0x0 ; OK
-j MARK --set-mark 1 --or-mark 2 ; ; FAIL
-j MARK --set-mark 4294967296 ; ; FAIL
-j MARK ; ; FAIL
