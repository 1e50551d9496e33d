:FORWARD
-m policy --dir out ; -m policy --dir out --pol ipsec ; OK
-m policy --pol ipsec --dir in --proto 51 ! --reqid 0x4 --spi 256 ; -m policy --dir in --pol ipsec ! --reqid 4 --spi 0x100 --proto ah ; OK
-m policy --dir in --pol ipsec --strict --reqid 3 --next ! --mode transport ; = ; OK
-m policy --dir in --pol ipsec --mode tunnel --tunnel-src 192.0.2.0/24 --tunnel-dst 198.51.100.1 ; -m policy --dir in --pol ipsec --mode tunnel --tunnel-dst 198.51.100.1 --tunnel-src 192.0.2.0/24 ; OK ; 4
-m policy --dir in --pol ipsec --tunnel-src 192.0.2.0/24 ; ; FAIL ; 4
-m policy --dir in --pol ipsec --strict --reqid 3 --reqid 4 ; ; FAIL
-m policy --dir in --pol ipsec --reqid 3 --next --reqid 4 ; ; FAIL
-m policy --dir in --pol ipsec --strict --reqid 3 --next ; ; FAIL
-m policy --dir in --pol ipsec --proto udp ; ; FAIL
-m policy --pol none ; ; FAIL
:INPUT
-m policy --dir out --pol none ; ; FAIL
