//! A media thread's end of the music: what stations are to play, a frame at a time.

use std::sync::mpsc::{Receiver, TryRecvError, sync_channel};

use warden_media::station::{Class, FRAME, News};

use crate::music::{Chunk, Request, Requests};

/// How many chunks wait for a thread. One more is left out, so that who was late hears no old music.
const MAX_CHUNKS: usize = 4;

/// All classes that this thread has listeners of.
#[derive(Debug)]
pub(crate) struct Radio {
    /// `None` where there is no music.
    requests: Option<Requests>,
    receptions: Vec<Reception>,
}

#[derive(Debug)]
struct Reception {
    class: Class,
    chunks: Option<Receiver<Chunk>>,
    /// The one that is heard, and how much of it was.
    chunk: Option<Chunk>,
    heard: usize,
}

impl Radio {
    pub(crate) fn new(requests: Option<Requests>) -> Self {
        Self { requests, receptions: Vec::new() }
    }

    /// Stations begin and end.
    pub(crate) fn follow(&mut self, news: [Option<News>; 2]) {
        for news in news.into_iter().flatten() {
            match news {
                News::Begins(class) => {
                    let chunks = self.ask(&class);
                    self.receptions.push(Reception { class, chunks, chunk: None, heard: 0 });
                }
                News::Ends(class) => self.receptions.retain(|reception| reception.class != class),
            }
        }
    }

    fn ask(&self, class: &Class) -> Option<Receiver<Chunk>> {
        let requests = self.requests.as_ref()?;
        let (sender, chunks) = sync_channel(MAX_CHUNKS);
        requests.ask(Request { class: class.clone(), chunks: sender }).then_some(chunks)
    }

    /// The next 20 ms of a class. False when there is none, and the frame is silent.
    pub(crate) fn next_frame(&mut self, class: &Class, frame: &mut [i16; FRAME]) -> bool {
        let Some(reception) = self.receptions.iter_mut().find(|reception| reception.class == *class) else {
            return false;
        };
        match reception.next_frame(frame) {
            Ok(()) => true,
            Err(TryRecvError::Empty) => false,
            // Nobody sends any more, or nobody was there to be asked.
            Err(TryRecvError::Disconnected) => {
                let chunks = self.ask(class);
                if let Some(reception) = self.receptions.iter_mut().find(|reception| reception.class == *class) {
                    reception.chunks = chunks;
                }
                false
            }
        }
    }
}

impl Reception {
    fn next_frame(&mut self, frame: &mut [i16; FRAME]) -> Result<(), TryRecvError> {
        let rest =
            |chunk: &Chunk, heard: usize| chunk.get(heard..).and_then(|rest| rest.first_chunk::<FRAME>()).copied();
        if let Some(next) = self.chunk.as_ref().and_then(|chunk| rest(chunk, self.heard)) {
            (*frame, self.heard) = (next, self.heard + FRAME);
            return Ok(());
        }
        self.chunk = None;
        let chunk = self.chunks.as_ref().ok_or(TryRecvError::Disconnected)?.try_recv()?;
        *frame = rest(&chunk, 0).ok_or(TryRecvError::Empty)?;
        (self.chunk, self.heard) = (Some(chunk), FRAME);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;
    use crate::music::{Music, MusicSource, Studio};

    /// Counts its samples, and panics when it is `broken`.
    struct Counting(i16);

    #[derive(Debug)]
    struct Source;

    impl MusicSource for Source {
        fn begin(&mut self, class: &Class) -> Box<dyn Music> {
            Box::new(Counting(if class.name() == "broken" { -1 } else { 0 }))
        }
    }

    impl Music for Counting {
        fn read(&mut self, samples: &mut [i16]) -> usize {
            assert!(self.0 >= 0, "a decoder fails");
            for sample in &mut *samples {
                (*sample, self.0) = (self.0, (self.0 + 1) % 30_000);
            }
            samples.len()
        }
    }

    fn listening(requests: &Requests, class: &Class) -> Radio {
        let mut radio = Radio::new(Some(requests.clone()));
        radio.follow([Some(News::Begins(class.clone())), None]);
        radio
    }

    /// The next frame that is there.
    fn frame(radio: &mut Radio, class: &Class) -> [i16; FRAME] {
        let (begun, mut frame) = (Instant::now(), [0; FRAME]);
        while !radio.next_frame(class, &mut frame) {
            assert!(begun.elapsed() < Duration::from_secs(10), "no music");
            std::thread::yield_now();
        }
        frame
    }

    #[test]
    fn no_sample_is_missed_from_chunk_to_chunk_and_two_threads_hear_one_program() {
        let (studio, requests) = Studio::start(Box::new(Source)).unwrap();
        let class = Class::new("default");
        let (mut one, mut other) = (listening(&requests, &class), listening(&requests, &class));
        let mut next = 0;
        for _ in 0..120 {
            for sample in frame(&mut one, &class) {
                assert_eq!(sample, next);
                next = (next + 1) % 30_000;
            }
        }
        assert!([0, 16_000].contains(&frame(&mut other, &class)[0]), "from a chunk that the first one has too");
        drop((one, other, requests));
        studio.end();
    }

    #[test]
    fn who_does_not_fetch_keeps_nobody_waiting_and_a_class_that_nobody_hears_ends() {
        let (studio, requests) = Studio::start(Box::new(Source)).unwrap();
        let class = Class::new("default");
        let mut radio = listening(&requests, &class);
        frame(&mut radio, &class);
        radio.follow([Some(News::Ends(class.clone())), None]);
        assert!(!radio.next_frame(&class, &mut [0; FRAME]));
        drop((radio, requests));
        studio.end();
    }

    #[test]
    fn a_decoder_that_fails_is_silent_and_others_play_on() {
        let (studio, requests) = Studio::start(Box::new(Source)).unwrap();
        let [broken, fine] = ["broken", "default"].map(Class::new);
        let mut radio = listening(&requests, &broken);
        assert_eq!(frame(&mut radio, &broken), [0; FRAME]);
        radio.follow([Some(News::Begins(fine.clone())), None]);
        assert_eq!(frame(&mut radio, &fine)[5], 5);
        drop((radio, requests));
        studio.end();
    }

    #[test]
    fn without_a_music_thread_frames_are_missed() {
        let class = Class::new("default");
        let mut radio = Radio::new(None);
        radio.follow([Some(News::Begins(class.clone())), None]);
        assert!(!radio.next_frame(&class, &mut [0; FRAME]));
    }
}
