:INPUT
-m dscp --dscp 10 ; -m dscp --dscp 0x0a ; OK ; ; ip.tos=0x29 => match | ip.tos=0x2c => no match
-m dscp ! --dscp-class cs1 ; -m dscp ! --dscp 0x08 ; OK ; ; ip.tos=0x20 => no match | ip.tos=0 => match
-m dscp --dscp 70 ; ; FAIL
-m dscp --dscp-class GOLD ; ; FAIL
-m dscp ; ; FAIL
