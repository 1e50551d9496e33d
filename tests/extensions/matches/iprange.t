:INPUT
-m iprange --src-range 10.0.0.1-10.0.0.9 ; = ; OK ; 4
-m iprange ! --dst-range 2001:db8::1-2001:db8::9 ; = ; OK ; 6
-m iprange --src-range 10.0.0.1 ; -m iprange --src-range 10.0.0.1-10.0.0.1 ; OK ; 4
-m iprange ; ; FAIL
-m iprange --src-range 10.0.0.1-10.0.0.9 ! --dst-range 10.0.0.4-10.0.0.5 ; = ; OK ; 4 ; ip.src=0x0a000009 => match | ip.src=0x0a000009 ip.dst=0x0a000004 => no match | ip.src=0x0a00000a => no match
