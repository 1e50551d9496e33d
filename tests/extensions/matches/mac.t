:INPUT
-m mac --mac-source 42:01:02:03:04:05 ; = ; OK
-m mac ! --mac-source 42:01:02:03:AB:05 ; -m mac ! --mac-source 42:01:02:03:ab:05 ; OK
-m mac --mac-source 42:01:02:03:04 ; ; FAIL
-m mac --mac-source XX:XX:XX:XX:XX:XX ; ; FAIL
-m mac ; ; FAIL
:OUTPUT
-m mac --mac-source 42:01:02:03:04:05 ; ; FAIL
