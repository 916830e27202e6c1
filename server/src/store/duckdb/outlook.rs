//! When the disk will be full, if days go on as the last ones did. Pure.

/// How a sealed tier grows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Growth {
    pub bytes_per_day: f64,
    /// Days until its oldest goes as a new one comes; then it grows no more.
    pub days_left: f64,
}

/// Days until so many bytes are used up; none if they never are, or if nothing is known.
pub fn days_until_full(room_bytes: f64, growths: &[Growth]) -> Option<f64> {
    let mut ends: Vec<f64> = growths.iter().map(|growth| growth.days_left).collect();
    ends.sort_by(f64::total_cmp);
    let (mut day, mut left) = (0.0, room_bytes.max(0.0));
    for end in ends {
        let growing = growths.iter().filter(|growth| growth.days_left >= end && growth.days_left > day);
        let rate: f64 = growing.map(|growth| growth.bytes_per_day).sum();
        if rate * (end - day) >= left && rate > 0.0 {
            return Some(day + left / rate);
        }
        left -= rate * (end - day);
        day = end;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn growth(bytes_per_day: f64, days_left: f64) -> Growth {
        Growth { bytes_per_day, days_left }
    }

    #[test]
    fn tiers_stop_growing_one_after_another() {
        let both = [growth(100.0, 10.0), growth(10.0, 100.0)];
        assert_eq!(days_until_full(550.0, &both), Some(5.0));
        // After ten days only the slow one grows.
        assert_eq!(days_until_full(1200.0, &both), Some(20.0));
        assert_eq!(days_until_full(2000.0, &both), Some(100.0));
        assert_eq!(days_until_full(2001.0, &both), None);
    }

    #[test]
    fn what_does_not_grow_fills_nothing() {
        assert_eq!(days_until_full(1.0, &[]), None);
        assert_eq!(days_until_full(1.0, &[growth(0.0, 10.0), growth(5.0, 0.0)]), None);
        assert_eq!(days_until_full(-5.0, &[growth(1.0, 10.0)]), Some(0.0));
    }
}
