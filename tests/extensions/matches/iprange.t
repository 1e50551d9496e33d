:INPUT
-m iprange --src-range 10.0.0.1-10.0.0.9 ; = ; OK ; 4
-m iprange ! --dst-range 2001:db8::1-2001:db8::9 ; = ; OK ; 6
-m iprange --src-range 10.0.0.1 ; -m iprange --src-range 10.0.0.1-10.0.0.1 ; OK ; 4
-m iprange ; ; FAIL
