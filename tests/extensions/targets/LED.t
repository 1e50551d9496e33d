:INPUT
-j LED --led-trigger-id web ; -j LED --led-trigger-id "web" ; OK ; noload
-j LED --led-trigger-id "web" --led-delay 500 --led-always-blink ; = ; OK ; noload
-j LED --led-trigger-id "web" --led-delay infinite ; -j LED --led-trigger-id "web" --led-delay inf ; OK ; noload
-j LED --led-trigger-id "the web" --led-delay 0 ; -j LED --led-trigger-id "the web" ; OK ; noload
-j LED --led-trigger-id seventeen-letters ; ; FAIL
-j LED --led-trigger-id web --led-delay soon ; ; FAIL
-j LED --led-delay 500 ; ; FAIL
