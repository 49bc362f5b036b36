//! The parameters of `a=fmtp` (RFC 7587 §6.1): what the other side wants to receive.

/// What a peer says about the Opus that it wants to receive. Its rate of capture (`sprop-maxcapturerate`) is the one
/// exception: that is about what it sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a parameter of its own")]
pub struct Parameters {
    /// `maxplaybackrate`: it does not play what is above half of this.
    pub max_playback_rate_hz: u32,
    /// `sprop-maxcapturerate`: it sends nothing that is above half of this.
    pub max_capture_rate_hz: u32,
    /// `maxaveragebitrate`, if it names one: 6000 to 510,000.
    pub max_average_bitrate_bps: Option<u32>,
    /// `useinbandfec`: it makes use of the frame before, which a payload may repeat.
    pub fec: bool,
    /// `usedtx`: it wants fewer packets while there is silence.
    pub dtx: bool,
    /// `cbr`: it wants a constant bitrate.
    pub constant_bitrate: bool,
    /// `stereo`: it would rather hear two channels.
    pub stereo: bool,
    /// `minptime`, which browsers send: the shortest packets that it wants.
    pub min_ptime_ms: u8,
    /// `maxptime`: the longest packets that it takes.
    pub max_ptime_ms: u8,
}

impl Default for Parameters {
    /// What holds for a peer that says nothing.
    fn default() -> Self {
        Self {
            max_playback_rate_hz: 48_000,
            max_capture_rate_hz: 48_000,
            max_average_bitrate_bps: None,
            fec: false,
            dtx: false,
            constant_bitrate: false,
            stereo: false,
            min_ptime_ms: 3,
            max_ptime_ms: 120,
        }
    }
}

impl Parameters {
    /// Parses the value of `a=fmtp` behind the payload type, such as `minptime=10;useinbandfec=1`.
    ///
    /// Parameters that are unknown, and values that make no sense, are as if they were not there. Of one that comes
    /// twice the last holds.
    #[must_use]
    pub fn parse(fmtp: &str) -> Self {
        let mut parameters = Self::default();
        for (name, value) in fmtp.split(';').filter_map(|parameter| parameter.split_once('=')) {
            parameters.set(name.trim(), value.trim());
        }
        parameters
    }

    fn set(&mut self, name: &str, value: &str) {
        let is = |known| name.eq_ignore_ascii_case(known);
        let Ok(value) = value.parse::<u32>() else { return };
        if is("maxplaybackrate") {
            rate(value, &mut self.max_playback_rate_hz);
        } else if is("sprop-maxcapturerate") {
            rate(value, &mut self.max_capture_rate_hz);
        } else if is("maxaveragebitrate") {
            if (6000..=510_000).contains(&value) {
                self.max_average_bitrate_bps = Some(value);
            }
        } else if is("minptime") {
            packet_time(value, &mut self.min_ptime_ms);
        } else if is("maxptime") {
            packet_time(value, &mut self.max_ptime_ms);
        } else if is("useinbandfec") {
            flag(value, &mut self.fec);
        } else if is("usedtx") {
            flag(value, &mut self.dtx);
        } else if is("cbr") {
            flag(value, &mut self.constant_bitrate);
        } else if is("stereo") {
            flag(value, &mut self.stereo);
        }
    }
}

/// RFC 7587 knows rates from 8000 to 48,000, also such as 44,100.
fn rate(value: u32, into: &mut u32) {
    if (8000..=48_000).contains(&value) {
        *into = value;
    }
}

fn packet_time(value: u32, into: &mut u8) {
    match u8::try_from(value) {
        Ok(ms) if (3..=120).contains(&ms) => *into = ms,
        Ok(_) | Err(_) => {}
    }
}

fn flag(value: u32, into: &mut bool) {
    if value <= 1 {
        *into = value == 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_parameter_of_the_rfc_is_read() {
        let text = "maxplaybackrate=16000; sprop-maxcapturerate=8000;maxaveragebitrate=20000; stereo=1;cbr=1;\
                    useinbandfec=1; usedtx=1;minptime=10 ;maxptime=60";
        let expected = Parameters {
            max_playback_rate_hz: 16_000,
            max_capture_rate_hz: 8000,
            max_average_bitrate_bps: Some(20_000),
            fec: true,
            dtx: true,
            constant_bitrate: true,
            stereo: true,
            min_ptime_ms: 10,
            max_ptime_ms: 60,
        };
        assert_eq!(Parameters::parse(text), expected);
        assert_eq!(Parameters::parse(&text.to_uppercase()), expected);
    }

    #[test]
    fn what_makes_no_sense_is_as_if_it_was_not_there() {
        for text in [
            "",
            ";;=;",
            "useinbandfec",
            "useinbandfec=yes;usedtx=2;cbr=-1;stereo=",
            "maxplaybackrate=4000;sprop-maxcapturerate=96000;maxaveragebitrate=5999",
            "maxaveragebitrate=99999999999999999999;minptime=0;maxptime=400",
            "x-google-min-bitrate=10;sprop-stereo=1;ptime=20",
        ] {
            assert_eq!(Parameters::parse(text), Parameters::default(), "{text}");
        }
    }

    #[test]
    fn the_line_of_a_browser_is_understood() {
        let browser = Parameters::parse("minptime=10;useinbandfec=1");
        assert_eq!(browser, Parameters { min_ptime_ms: 10, fec: true, ..Parameters::default() });
    }
}
