:FORWARD
*mangle
-i eth0 -j TEE --gateway 192.0.2.9 ; = ; OK ; 4
-j TEE --gateway 192.0.2.9 --oif dmz0 ; = ; OK ; 4
-j TEE --gateway 2001:db8::9 --oif averylonginterface ; -j TEE --gateway 2001:db8::9 --oif averylonginterf ; OK ; 6
-j TEE --gateway 10.9 ; -j TEE --gateway 10.0.0.9 ; OK ; 4
-j TEE --gateway 0.0.0.0 ; ; FAIL ; 4
-j TEE --gateway :: ; ; FAIL ; 6
-j TEE --gateway 192.0.2.0/24 ; ; FAIL ; 4
-j TEE --oif dmz0 ; ; FAIL
-j TEE ! --gateway 192.0.2.9 ; ; FAIL ; 4
