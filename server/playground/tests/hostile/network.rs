//! Attempts to reach others by sockets.

use std::io::ErrorKind;
use std::net::TcpListener;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr, UnixListener};

use regatta_domain::run::{Ending, Stream};

use crate::cases;
use crate::stage::Stage;

cases![there_is_no_network, sockets_without_a_path_lead_nowhere, sockets_with_a_path_are_not_there];

async fn there_is_no_network(stage: &Stage) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    let script = format!(
        "tail -n +2 /proc/net/route\ntail -n +3 /proc/net/dev | cut -d: -f1\n\
         (exec bash -c 'exec 3<>/dev/tcp/127.0.0.1/{port}') 2>/dev/null && echo CONNECTED\n\
         (exec bash -c 'exec 3<>/dev/tcp/192.0.2.1/80') 2>/dev/null && echo CONNECTED\n:"
    );
    let told = stage.run_script(&script).await;
    told.assert_ended(Ending::Succeeded);
    assert_eq!(told.printed(Stream::Out).trim(), "lo");
    assert_eq!(listener.accept().unwrap_err().kind(), ErrorKind::WouldBlock);
}

async fn sockets_without_a_path_lead_nowhere(stage: &Stage) {
    let name = format!("regatta-test-{}", std::process::id());
    let listener = UnixListener::bind_addr(&SocketAddr::from_abstract_name(&name).unwrap()).unwrap();
    listener.set_nonblocking(true).unwrap();
    let connect = format!(
        "perl -MSocket -e 'socket(my $s, PF_UNIX, SOCK_STREAM, 0) or die; \
         print connect($s, pack_sockaddr_un(\"\\0{name}\")) ? \"CONNECTED\\n\" : \"$!\\n\"'"
    );
    let told = stage.run_script(&connect).await;
    told.assert_ended(Ending::Succeeded);
    assert_eq!(told.printed(Stream::Out), "Connection refused\n");
    assert_eq!(listener.accept().unwrap_err().kind(), ErrorKind::WouldBlock);
}

async fn sockets_with_a_path_are_not_there(stage: &Stage) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("socket");
    let _listener = UnixListener::bind(&path).unwrap();
    let script = format!(
        "ls {} /run /var/run 2>/dev/null || :; find / \\( -path /proc -o -path /usr \\) -prune -o -type s -print 2>/dev/null || :",
        path.display()
    );
    let told = stage.run_script(&script).await;
    told.assert_ended(Ending::Succeeded);
    assert_eq!(told.printed(Stream::Out), "");
}
