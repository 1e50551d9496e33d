:FORWARD
-m eui64 ; = ; OK
:OUTPUT
-m eui64 ; ; FAIL
