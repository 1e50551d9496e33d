:PREROUTING
*mangle
-j HMARK --hmark-tuple ct,src,proto --hmark-mod 4 --hmark-offset 0x64 --hmark-rnd 0xabc ; -j HMARK --hmark-src-prefix 32 --hmark-proto-mask 0xffff --hmark-rnd 0x00000abc --hmark-mod 4 --hmark-offset 100 --hmark-tuple ct ; OK ; 4
-j HMARK --hmark-tuple dst,dport --hmark-mod 4 --hmark-rnd 1 ; -j HMARK --hmark-dst-prefix 128 --hmark-dport-mask 0xffff --hmark-rnd 0x00000001 --hmark-mod 4 ; OK ; 6
-j HMARK --hmark-src-prefix 24 --hmark-sport-mask 0xff --hmark-sport 80 --hmark-mod 4 --hmark-rnd 1 ; -j HMARK --hmark-src-prefix 24 --hmark-sport-mask 0x00ff --hmark-sport 0x0050 --hmark-rnd 0x00000001 --hmark-mod 4 ; OK
-j HMARK --hmark-src-prefix 24 --hmark-tuple src --hmark-mod 4 --hmark-rnd 1 ; -j HMARK --hmark-src-prefix 32 --hmark-rnd 0x00000001 --hmark-mod 4 ; OK ; 4
-j HMARK --hmark-src-prefix 255.255.0.0 --hmark-mod 4 --hmark-rnd 1 ; -j HMARK --hmark-src-prefix 16 --hmark-rnd 0x00000001 --hmark-mod 4 ; OK ; 4
-p esp -j HMARK --hmark-spi-mask 0xff00 --hmark-spi 1 --hmark-proto-mask 0xff --hmark-mod 4 --hmark-rnd 1 ; -p esp -j HMARK --hmark-spi-mask 0x0000ff00 --hmark-spi 0x00000001 --hmark-proto-mask 0xff --hmark-rnd 0x00000001 --hmark-mod 4 ; OK
-j HMARK --hmark-tuple ct --hmark-mod 4 --hmark-rnd 1 ; -j HMARK --hmark-rnd 0x00000001 --hmark-mod 4 --hmark-tuple ct ; OK
-j HMARK --hmark-tuple src --hmark-mod 0 --hmark-rnd 1 ; ; FAIL
-j HMARK --hmark-tuple src --hmark-rnd 1 ; ; FAIL
-j HMARK --hmark-tuple src --hmark-mod 4 ; ; FAIL
-j HMARK --hmark-mod 4 --hmark-rnd 1 --hmark-offset 5 ; ; FAIL
-j HMARK --hmark-tuple source --hmark-mod 4 --hmark-rnd 1 ; ; FAIL
-j HMARK --hmark-tuple spi,sport --hmark-mod 4 --hmark-rnd 1 ; ; FAIL
-j HMARK --hmark-spi 1 --hmark-dport 2 --hmark-mod 4 --hmark-rnd 1 ; ; FAIL
-j HMARK --hmark-sport-mask ffff --hmark-mod 4 --hmark-rnd 1 ; ; FAIL
