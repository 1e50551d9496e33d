# Reads a configuration with ldirectord's own functions, and prints what it would ask of ipvsadm; nothing is started.
# usage: perl ldirectord.pl PROGRAM CONFIGURATION
use strict;
my ($program, $configuration) = @ARGV;
open(my $file, "<", $program) or die "$program: $!";
my $text = do { local $/; <$file> };
close($file);
# Between the options and the functions stands what starts the daemon.
$text =~ s/^\$DAEMON_STATUS = \$DAEMON_STATUS_STARTING;\nld_init\(\);.*?(?=^# functions)//ms or die "another ldirectord";
@ARGV = ();
no strict;
eval "no strict;\n$text";
die $@ if $@;
$CONFIG = $configuration;
$DAEMON_STATUS = $DAEMON_STATUS_STARTING;
read_config();
ld_setup();
for my $v (@VIRTUAL) {
	print "-A $$v{flags}\n";
	my $selector = "$$v{proto} " . get_virtual_option($v);
	for my $r (@{$$v{real}}) {
		next if $$v{checktype} eq "off";
		print "-a $selector -r $$r{server}:$$r{port} $$r{forw} -w $$r{weight}",
			" -x ", $$r{"u-threshold"} // 0, " -y ", $$r{"l-threshold"} // 0, "\n";
	}
	my $f = fallback_find($v);
	print "# fallback $$f{server}:$$f{port} $$f{forward}\n" if $f and $$v{checktype} ne "off";
}
