:INPUT
-j LOG ; = ; OK
-j LOG --log-prefix "test: " --log-level alert ; -j LOG --log-prefix "test: " --log-level 1 ; OK
-j LOG --log-level warning ; -j LOG ; OK
-j LOG --log-uid --log-ip-options --log-tcp-options --log-tcp-sequence ; -j LOG --log-tcp-sequence --log-tcp-options --log-ip-options --log-uid ; OK
-j LOG --log-prefix a.b ; -j LOG --log-prefix "a.b" ; OK
-j LOG --log-prefix ; ; FAIL
-j LOG --log-level loud ; ; FAIL
-j LOG --log-prefix aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa ; -j LOG --log-prefix aaaaaaaaaaaaaaaaaaaaaaaaaaaaa ; OK
-j LOG --log-prefix "" ; ; FAIL
