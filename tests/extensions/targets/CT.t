:PREROUTING,OUTPUT
*raw
-j CT --notrack ; = ; OK
-j CT --zone 65535 ; = ; OK
-j CT --zone-orig 5 ; = ; OK
-j CT --zone-reply mark ; = ; OK
-j CT --ctevents new,related,destroy ; = ; OK
-p tcp -j CT --helper ftp ; = ; OK ; noload
-j CT --zone 65536 ; ; FAIL
-j CT --zone 0 ; -j CT ; OK
