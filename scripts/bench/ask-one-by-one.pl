# A client of the agent's socket that costs next to nothing: asks the same line COUNT times, each when the last was answered, and prints how many were answered
# in a second, and how many milliseconds 99 % of them took at most. usage: ask-one-by-one.pl SOCKET LINE COUNT
use strict;
use warnings;
use Socket;
use Time::HiRes qw(time);

my ($path, $line, $count) = @ARGV;
socket(my $agent, PF_UNIX, SOCK_STREAM, 0) or die "no socket: $!\n";
connect($agent, sockaddr_un($path)) or die "$path: $!\n";
my (@took, $reply);
my $start = my $before = time;
for (1 .. $count) {
  syswrite($agent, "$line\n") or die "the agent has gone\n";
  sysread($agent, $reply, 4096) or die "the agent has gone\n";
  my $now = time;
  push @took, $now - $before;
  $before = $now;
}
@took = sort { $a <=> $b } @took;
printf "%f %f\n", $count / ($before - $start), 1000 * $took[0.99 * $count];
