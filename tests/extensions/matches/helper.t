:INPUT
-m helper ! --helper sip ; = ; OK
-m helper --helper ftp-2121 ; = ; OK
-m helper --helper an-overlong-name-that-is-cut-after-29 ; -m helper --helper an-overlong-name-that-is-cut- ; OK
-m helper ; ; FAIL
