:PREROUTING
*mangle
-j DSCP --set-dscp 0x0a ; = ; OK
-j DSCP --set-dscp-class EF ; -j DSCP --set-dscp 0x2e ; OK
-j DSCP --set-dscp 64 ; ; FAIL
-j DSCP ; ; FAIL
