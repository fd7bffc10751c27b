//! An open tty that closes at once.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_serial::{ClearBuffer, SerialPort, SerialStream};

/// A tty. When it is dropped, what was not sent yet is thrown away: Linux would wait for it up to
/// 30 seconds, within `close`, when the other end has stopped us by flow control.
pub(super) struct Tty(SerialStream);

impl Tty {
    pub(super) const fn new(stream: SerialStream) -> Self {
        Self(stream)
    }
}

impl Drop for Tty {
    fn drop(&mut self) {
        // Fails when the stick was pulled; then there is nothing to wait for either.
        let _ = self.0.clear(ClearBuffer::Output);
    }
}

impl AsyncRead for Tty {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, buffer)
    }
}

impl AsyncWrite for Tty {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    /// Nothing is kept back here, and waiting for the UART (`tcdrain`) would block the thread.
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
