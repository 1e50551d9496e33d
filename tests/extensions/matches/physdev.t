:FORWARD
-m physdev --physdev-in lxcbr0 ; = ; OK
-m physdev --physdev-out veth+ --physdev-is-bridged ; = ; OK
-m physdev ! --physdev-is-in ; = ; OK ; newer
-m physdev ; ; FAIL
