:PREROUTING
*mangle
-j CONNMARK --restore-mark ; -j CONNMARK --restore-mark --nfmask 0xffffffff --ctmask 0xffffffff ; OK
-j CONNMARK --save-mark --mask 0xff ; -j CONNMARK --save-mark --nfmask 0xff --ctmask 0xff ; OK
-j CONNMARK --set-mark 1 ; -j CONNMARK --set-xmark 0x1/0xffffffff ; OK
-j CONNMARK --save-mark --restore-mark ; ; FAIL
-j CONNMARK ; ; FAIL
-j CONNMARK --set-mark 3 --mask 4 ; -j CONNMARK --set-xmark 0x3/0x4 ; OK
-j CONNMARK --save-mark --mask 3 ; -j CONNMARK --save-mark --nfmask 0x3 --ctmask 0x3 ; OK
-j CONNMARK --save-mark --mask 3 --nfmask 4 ; ; FAIL
