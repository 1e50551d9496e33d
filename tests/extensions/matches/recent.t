:INPUT
-m recent --set ; -m recent --set --name DEFAULT --mask 255.255.255.255 --rsource ; OK ; 4
-m recent --set ; -m recent --set --name DEFAULT --mask ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff --rsource ; OK ; 6
-m recent ! --update --seconds 5 --hitcount 4 --name ssh --mask 255.255.255.0 --rdest ; = ; OK ; 4
-m recent --rcheck --set ; ; FAIL
-m recent --seconds 5 ; ; FAIL
-m recent --set --hitcount 3 ; ; FAIL
-m recent --remove --rttl ; ; FAIL
-m recent --rcheck --reap ; ; FAIL
-m recent --rcheck --hitcount 70000 ; ; FAIL
