:INPUT
-d 192.0.2.1/32 -i eth0 -j CLUSTERIP --new --hashmode sourceip --clustermac 1:0:5e:0:0:1f --total-nodes 2 --local-node 1 ; -d 192.0.2.1/32 -i eth0 -j CLUSTERIP --new --hashmode sourceip --clustermac 01:00:5E:00:00:1F --total-nodes 2 --local-node 1 --hash-init 0 ; OK ; noload
-d 192.0.2.1/32 -i eth0 -j CLUSTERIP --new --hashmode sourceip-sourceport --clustermac 01:00:5E:00:00:1F --total-nodes 16 --local-node 16 --hash-init 7 ; = ; OK ; noload
-d 192.0.2.1/32 -j CLUSTERIP ; = ; OK ; noload
-d 192.0.2.1/32 -j CLUSTERIP --new ; ; FAIL
-d 192.0.2.1/32 -j CLUSTERIP --hash-init 7 ; ; FAIL
-d 192.0.2.1/32 -j CLUSTERIP --new --hashmode sourceip --clustermac 02:00:5e:00:00:1f --total-nodes 2 --local-node 1 ; ; FAIL
-d 192.0.2.1/32 -j CLUSTERIP --new --hashmode destip --clustermac 01:00:5e:00:00:1f --total-nodes 2 --local-node 1 ; ; FAIL
-d 192.0.2.1/32 -j CLUSTERIP --new --hashmode sourceip --clustermac 01:00:5e:00:00:1f --total-nodes 17 --local-node 1 ; ; FAIL
-d 192.0.2.1/32 -j CLUSTERIP --new --hashmode sourceip --clustermac 01:00:5e:00:00:1f --total-nodes 2 --local-node 3 ; ; FAIL
