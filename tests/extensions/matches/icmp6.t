:INPUT
-p ipv6-icmp -m icmp6 --icmpv6-type 128 ; = ; OK ; ; ip.proto=58 icmp.type=128 => match | ip.proto=58 icmp.type=129 => no match
-p icmpv6 --icmpv6-type echo-reply ; -p ipv6-icmp -m icmp6 --icmpv6-type 129 ; OK
-p 58 -m icmpv6 ! --icmpv6-type no-route ; -p ipv6-icmp -m icmp6 ! --icmpv6-type 1/0 ; OK ; ; ip.proto=58 icmp.type=1 icmp.code=0 => no match | ip.proto=58 icmp.type=1 icmp.code=1 => match
-p ipv6-icmp -m icmp6 ; ; FAIL
-m icmp6 --icmpv6-type 128 ; ; FAIL
