:INPUT
-m rateest --rateest1 WAN --rateest-gt --rateest-bps2 2mbit ; -m rateest --rateest WAN --rateest-gt --rateest-bps 2000Kbit ; OK ; noload
-m rateest --rateest WAN ! --rateest-lt --rateest-pps 0x20 ; -m rateest --rateest WAN ! --rateest-lt --rateest-pps 32 ; OK ; noload
-m rateest --rateest1 WAN --rateest-pps --rateest-eq --rateest2 LAN ; -m rateest --rateest1 WAN --rateest-eq --rateest-pps --rateest2 LAN ; OK ; noload
-m rateest --rateest-delta --rateest1 WAN --rateest-bps1 64kbit --rateest-gt --rateest2 LAN --rateest-bps2 3kbps ; -m rateest --rateest-delta --rateest1 WAN --rateest-bps1 64000bit --rateest-gt --rateest-bps2 24000bit --rateest2 LAN ; OK ; noload
-m rateest --rateest WAN --rateest-lt --rateest-bps 7parsec ; ; FAIL
-m rateest --rateest WAN --rateest-lt ; ; FAIL
-m rateest --rateest-lt --rateest-pps 3 ; ; FAIL
