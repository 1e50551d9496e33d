:INPUT
-m frag --fragid 10:20 --fraglen 8 --fragmore ; = ; OK
-m frag --fraglast --fragfirst ; -m frag --fragfirst --fraglast ; OK
-m frag --fragmore --fraglast ; ; FAIL
-m frag ! --fragfirst ; ; FAIL
