:INPUT
-m ipv6header --header frag,hop --soft ; -m ipv6header --header hop-by-hop,ipv6-frag --soft ; OK
-m ipv6header ! --header 51,none ; -m ipv6header ! --header ah,ipv6-nonxt ; OK
-m ipv6header --header 99 ; ; FAIL
-m ipv6header --soft ; ; FAIL
