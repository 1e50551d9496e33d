:INPUT
-m tos --tos minimize-cost ; -m tos --tos 0x02/0x3f ; OK ; ; ip.tos=0xc2 => match | ip.tos=6 => no match
-m tos ! --tos 0x1/0x3 ; -m tos ! --tos 0x01/0x03 ; OK ; ; ip.tos=5 => no match | ip.tos=2 => match
-m tos --tos 0x0f/0x03 ; = ; OK ; ; ip.tos=0x0f => no match
-m tos --tos 300 ; ; FAIL
