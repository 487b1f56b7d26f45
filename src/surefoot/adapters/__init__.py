"""Real robots as `surefoot.control.RobotInterface`: one folder a maker, loaded when asked for."""
